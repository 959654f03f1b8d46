/**
 * Holds the package to what its users meet: publint and "are the types wrong" have nothing to say, it installs from
 * its tarball, its types work in a strict project, and a small program trains, prints the same numbers and ends by
 * itself on the machine's Node and on the current one.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { machineNode, npm, runCommand } from "./run-command.ts";
import { stagePackage } from "./stage-package.ts";

const root = join(import.meta.dirname, "..");

const program = `import { conv2d, dense, flatten, maxPooling2d, sequential, setRandomSeed } from "tilework";

setRandomSeed(3);
const model = sequential([
  conv2d(4, [3, 3], { activation: "relu", inputShape: [8, 8, 1] }),
  maxPooling2d([2, 2]),
  flatten(),
  dense(2, { activation: "softmax" }),
]);
model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
const images = { data: Float32Array.from({ length: 16 * 64 }, (_, at) => Math.sin(at)), shape: [16, 8, 8, 1] };
const labels = Int32Array.from({ length: 16 }, (_, at) => at % 2);
const { history } = await model.fit(images, labels, { epochs: 3, batchSize: 5, verbose: 0 });
console.log(JSON.stringify(history));
`;

interface StrictProject {
  readonly title: string;
  readonly compilerOptions: {
    readonly module: string;
    readonly moduleResolution: string;
    readonly lib: readonly string[];
    readonly types: readonly string[];
  };
}

/** Pages have the DOM and no types of Node, programs for Node the other way round. */
const projects: readonly StrictProject[] = [
  {
    title: "with the DOM and moduleResolution nodenext",
    compilerOptions: {
      module: "nodenext",
      moduleResolution: "nodenext",
      lib: ["es2022", "dom"],
      types: [],
    },
  },
  {
    title: "with the DOM and moduleResolution bundler",
    compilerOptions: { module: "esnext", moduleResolution: "bundler", lib: ["es2022", "dom"], types: [] },
  },
  {
    title: "for Node, without the DOM",
    compilerOptions: { module: "nodenext", moduleResolution: "nodenext", lib: ["es2022"], types: ["node"] },
  },
];

const folder = mkdtempSync(join(tmpdir(), "tilework-package-"));
try {
  const tarball = pack(join(folder, "staged"));
  checkNotices();
  await checkManifest(join(folder, "staged"));
  checkTypesOf(tarball);
  tryInstalled(join(folder, "user"), tarball);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function pack(staged: string): string {
  runCommand(process.execPath, [join(root, "scripts/build.ts"), "--if-stale"], { cwd: root });
  stagePackage(staged);
  const { stdout } = npm(["pack", "--json", "--pack-destination", folder], { cwd: staged });
  const packed: unknown = JSON.parse(stdout);
  const [{ filename, size, unpackedSize, entryCount }] = Object.values(packed as object) as [PackedFile];
  const kilobytes = (bytes: number): string => `${Math.round(bytes / 1000)} kB`;
  console.log(
    `${filename}: ${entryCount} files, ${kilobytes(size)} packed, ${kilobytes(unpackedSize)} unpacked`,
  );
  return join(folder, filename);
}

/** Whoever packs the library's own folder gets the notices too. */
function checkNotices(): void {
  const { stdout } = npm(["pack", "--json", "--dry-run"], { cwd: join(root, "packages/tilework") });
  for (const name of ["README.md", "LICENSE"])
    if (!stdout.includes(`"${name}"`)) throw new Error(`npm pack in the library's folder leaves out ${name}`);
}

interface PackedFile {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly entryCount: number;
}

async function checkManifest(staged: string): Promise<void> {
  const { messages, pkg } = await publint({ pkgDir: staged, strict: true });
  if (messages.length > 0)
    throw new Error(`publint: ${messages.map((message) => formatMessage(message, pkg)).join("\n")}`);
  console.log("publint has nothing to say");
}

function checkTypesOf(tarball: string): void {
  const cli = join(root, "node_modules/@arethetypeswrong/cli/dist/index.js");
  runCommand(process.execPath, [cli, tarball, "--profile", "esm-only", "--no-color"], { cwd: root });
  console.log("the types are not wrong");
}

function tryInstalled(user: string, tarball: string): void {
  mkdirSync(user);
  writeFileSync(join(user, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }));
  writeFileSync(join(user, "program.ts"), program);
  writeFileSync(join(user, "program.js"), program);
  npm(["install", "--no-audit", "--no-fund", "--offline", tarball], { cwd: user });
  for (const project of projects) checkStrictProject(user, project);
  const outputs = [machineNode(), process.execPath].map((node) => trainWith(node, user));
  if (new Set(outputs).size > 1)
    throw new Error(`the Nodes train to different numbers:\n${outputs.join("")}`);
}

/** A project that checks the library's declarations too. */
function checkStrictProject(user: string, project: StrictProject): void {
  const compilerOptions = {
    ...project.compilerOptions,
    target: "es2022",
    typeRoots: [join(root, "node_modules/@types")],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
  };
  writeFileSync(join(user, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["program.ts"] }));
  runCommand(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", user], { cwd: user });
  console.log(`a strict project ${project.title} compiles`);
}

function trainWith(node: string, user: string): string {
  const { stdout: version } = runCommand(node, ["--version"], { cwd: user });
  const { stdout, stderr } = runCommand(node, ["program.js"], { cwd: user });
  if (stderr !== "") throw new Error(`Node ${version.trim()} complains: ${stderr}`);
  console.log(`Node ${version.trim()} trains and ends: ${stdout.trim()}`);
  return stdout;
}
