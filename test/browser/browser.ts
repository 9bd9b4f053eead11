import { type Browser, chromium } from 'playwright-core'
import { packagedChromium } from './packaged-chromium.ts'

/**
 * Starts a real Chromium without a window: the one of `@sparticuz/chromium`, which comes through
 * npm and runs on Linux x64, or the installed one that `CHROME_PATH` names.
 */
export async function startBrowser(): Promise<Browser> {
  const installed = process.env.CHROME_PATH
  const program = installed ? { executablePath: installed } : await packagedChromium()
  // As root, as in most containers, there is no sandbox to be had; it opens our own pages only.
  return chromium.launch({ ...program, args: ['--no-sandbox', '--disable-gpu'] })
}
