/** A web server on loopback for one folder, under a strict Content-Security-Policy. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

export interface ServerOptions {
  /** Sends the headers that make a page cross-origin isolated. */
  readonly isolated: boolean;
  /** Further sources of scripts, as the policy writes them. */
  readonly scriptSources?: readonly string[];
}

export interface FolderServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT/` */
  readonly url: string;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".bin": "application/octet-stream",
};

export async function serveFolder(folder: string, options: ServerOptions): Promise<FolderServer> {
  const headers = headersOf(options);
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url!, "http://localhost").pathname);
    const file = join(folder, path.endsWith("/") ? `${path}index.html` : path);
    readFile(file).then(
      (body) => {
        response.writeHead(200, { ...headers, "Content-Type": types[extname(file)] ?? "text/plain" });
        response.end(body);
      },
      () => response.writeHead(404, headers).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function headersOf({ isolated, scriptSources = [] }: ServerOptions): Record<string, string> {
  const policy = [
    "default-src 'none'",
    ["script-src 'self' 'wasm-unsafe-eval'", ...scriptSources].join(" "),
    "worker-src 'self'",
    "connect-src 'self'",
    "img-src data:",
  ];
  return {
    "Content-Security-Policy": policy.join("; "),
    "Cache-Control": "no-store",
    ...(isolated && {
      "Cross-Origin-Opener-Policy": "same-origin",
      "Cross-Origin-Embedder-Policy": "require-corp",
    }),
  };
}
