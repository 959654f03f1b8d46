/** Opens a page in a headless browser and waits for its report. */
import { launch } from "puppeteer-core";
import type { BrowserName } from "./find-browser.ts";
import type { PageReport } from "./page/main.ts";

export interface OpenedPage {
  readonly report: PageReport;
  /** Warnings and errors in the page's console. */
  readonly complaints: readonly string[];
}

const chromeArguments = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts the browser with a fresh profile, which goes with it. */
export async function openPage(browser: BrowserName, program: string, url: string): Promise<OpenedPage> {
  const instance = await launch({
    browser,
    executablePath: program,
    headless: true,
    args: browser === "chrome" ? chromeArguments : [],
  });
  try {
    const page = await instance.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => {
      if (["warn", "error"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.goto(url);
    const report = await page.evaluate(() => globalThis.pageReport);
    if (report === undefined) throw new Error(`the page did not start: ${complaints.join("; ")}`);
    return { report, complaints };
  } finally {
    await instance.close();
  }
}
