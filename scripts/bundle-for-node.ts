/**
 * Joins the built library's modules into a few for Node, Deno and Bun, under `node/`: finding and reading some four
 * hundred small files takes longer there than compiling and running the first training step. Browsers' bundlers get
 * the small files, of which they leave out what a page does not use.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** The entries keep their places, so that the worker is found from any chunk by the path that its source has. */
const entries = ["index", "internal", "runtime/cpu/worker"];

/** `dist` holds the built modules. The bundler is the one that Vite brings. */
export async function bundleForNode(dist: string): Promise<void> {
  const fromVite = createRequire(createRequire(import.meta.url).resolve("vite/package.json"));
  const { rolldown } = (await import(
    pathToFileURL(fromVite.resolve("rolldown")).href
  )) as typeof import("rolldown");
  const bundle = await rolldown({
    input: Object.fromEntries(entries.map((entry) => [entry, join(dist, `${entry}.js`)])),
    platform: "node",
    external: /^node:/,
    treeshake: false,
  });
  await bundle.write({
    dir: join(dist, "node"),
    format: "esm",
    keepNames: true,
    entryFileNames: "[name].js",
    chunkFileNames: "chunks/[hash].js",
  });
  await bundle.close();
}
