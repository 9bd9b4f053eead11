import { mkdir } from 'node:fs/promises'
import { type Browser, chromium } from 'playwright-core'

/** Where the browser of the package is unpacked, once. */
const UNPACKED = new URL('../../node_modules/.cache/chromium/', import.meta.url).pathname

/**
 * Starts a real Chromium without a window: the one of `@sparticuz/chromium`, which comes through
 * npm and runs on Linux x64, or the installed one that `CHROME_PATH` names.
 */
export async function startBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROME_PATH || (await unpackedChromium())
  // As root, as in most containers, there is no sandbox to be had; it opens our own pages only.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
}

async function unpackedChromium(): Promise<string> {
  await mkdir(UNPACKED, { recursive: true })
  const environment = { ...process.env }
  // It unpacks into the folder for temporary files; and it brings the libraries that a bare
  // system lacks, but only if it takes that for the one of a cloud function.
  process.env.TMPDIR = UNPACKED
  process.env.AWS_EXECUTION_ENV = 'AWS_Lambda_nodejs22.x'
  const { default: packaged } = await import('@sparticuz/chromium')
  packaged.setGraphicsMode = false
  const path = await packaged.executablePath()
  const { LD_LIBRARY_PATH, FONTCONFIG_PATH } = process.env
  process.env = { ...environment, LD_LIBRARY_PATH, FONTCONFIG_PATH }
  return path
}
