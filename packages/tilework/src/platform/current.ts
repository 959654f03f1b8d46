/** The platform that this program runs on. */
import { browserPlatform } from "./browser.ts";
import { bunPlatform } from "./bun.ts";
import { denoPlatform } from "./deno.ts";
import { nodePlatform } from "./node.ts";
import type { Platform } from "./platform.ts";

function choosePlatform(): Platform {
  if ("Deno" in globalThis) return denoPlatform;
  if ("Bun" in globalThis) return bunPlatform;
  const isNode = typeof process === "object" && typeof process.versions?.node === "string";
  return isNode ? nodePlatform : browserPlatform;
}

export const platform: Platform = choosePlatform();
