/**
 * Writes the bytes that GNU binutils' `as` makes of the assembler's test cases: run it after changing the cases.
 *
 *     node tools/assembler-fixture.ts
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { assembleWithBinutils } from "../packages/tilework/src/testing/assemble-with-binutils.ts";
import { assemblerCases } from "../packages/tilework/src/testing/assembler-cases.ts";

const path = new URL("../packages/tilework/src/codegen/x64/fixtures/assembler.json", import.meta.url);
const texts = assemblerCases().map(({ text }) => text);
const codes = assembleWithBinutils(texts);
const lines = texts.map((text, at) => `  ${JSON.stringify(text)}: "${codes[at]}"`);
writeFileSync(fileURLToPath(path), `{\n${lines.join(",\n")}\n}\n`);
console.log(`${lines.length} instructions`);
