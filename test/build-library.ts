/** The tests of the whole use the library as users do: built. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";

export default function buildLibrary(): void {
  const script = join(import.meta.dirname, "../scripts/build.ts");
  execFileSync(process.execPath, [script, "--if-stale"], { stdio: "inherit" });
}
