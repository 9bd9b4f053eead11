import { type Browser, chromium } from 'playwright-core'
import { packagedChromium } from './packaged-chromium.ts'

/**
 * Starts a real headless Chromium: the one of `@sparticuz/chromium`, which is installed through npm
 * and runs on Linux x64, or the one that `CHROME_PATH` names.
 */
export async function startBrowser(): Promise<Browser> {
  const installed = process.env.CHROME_PATH
  const program = installed ? { executablePath: installed } : await packagedChromium()
  // No sandbox is available as root, as in most containers; the browser opens only our own pages.
  return chromium.launch({ ...program, args: ['--no-sandbox', '--disable-gpu'] })
}
