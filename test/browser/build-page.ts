/** Builds the test page with Vite, as a user would, into a folder. */
import { createHash } from "node:crypto";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";

const library = join(import.meta.dirname, "../../packages/tilework/dist");

/** One bundle with the library and its worker in it. */
export async function buildBundledPage(folder: string): Promise<void> {
  await buildPage(folder, []);
}

/**
 * The library as plain modules, found by an import map, as a page without a bundler has it. Gives the source that
 * allows the map, which has to stand in the page, under a Content-Security-Policy.
 */
export async function buildPlainPage(folder: string): Promise<string> {
  await buildPage(folder, ["tilework", "tilework/internal"]);
  cpSync(library, join(folder, "tilework"), { recursive: true });
  const map = JSON.stringify({
    imports: { tilework: "./tilework/index.js", "tilework/internal": "./tilework/internal.js" },
  });
  const file = join(folder, "index.html");
  const page = readFileSync(file, "utf8");
  writeFileSync(file, page.replace("<script", `<script type="importmap">${map}</script>\n    <script`));
  return `'sha256-${createHash("sha256").update(map).digest("base64")}'`;
}

async function buildPage(folder: string, external: string[]): Promise<void> {
  await build({
    root: join(import.meta.dirname, "page"),
    base: "./",
    configFile: false,
    logLevel: "warn",
    build: { outDir: folder, emptyOutDir: true, rollupOptions: { external } },
  });
}
