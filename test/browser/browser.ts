import { type Browser, chromium } from 'playwright-core'
import { packagedChromium } from './packaged-chromium.ts'

/**
 * Starts a real headless Chromium: the one of `@sparticuz/chromium`, which is installed through npm
 * and runs on Linux x64, or the one that `CHROME_PATH` names.
 *
 * @param options.loopbackNames host names that the browser resolves to this machine
 */
export async function startBrowser(
  options: { loopbackNames?: readonly string[] } = {},
): Promise<Browser> {
  const installed = process.env.CHROME_PATH
  const program = installed ? { executablePath: installed } : await packagedChromium()
  const rules = options.loopbackNames?.map((name) => `MAP ${name} 127.0.0.1`) ?? []
  // No sandbox is available as root, as in most containers; the browser opens only our own pages.
  const args = ['--no-sandbox', '--disable-gpu', `--host-resolver-rules=${rules.join(',')}`]
  return chromium.launch({ ...program, args })
}
