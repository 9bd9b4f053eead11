import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Where the browser is unpacked, once for each version of the package. */
const CACHE = new URL('../../node_modules/.cache/', import.meta.url).pathname

/**
 * The fontconfig file of the package names `/tmp/fonts` and two folders of a cloud function, so
 * without this one the browser finds only the fonts of the system, if any, and crashes on a page
 * with text. `relative` is relative to the file itself: the folder can be moved.
 */
const FONT_CONFIGURATION = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`

/** The program, and its environment on a system without its libraries and fonts. */
export interface PackagedChromium {
  readonly executablePath: string
  readonly env: NodeJS.ProcessEnv
}

/**
 * Unpacks the Chromium of `@sparticuz/chromium`, a build for Linux x64 from npm, with its fonts and
 * the libraries that a minimal system lacks. Safe for concurrent processes.
 */
export async function packagedChromium(): Promise<PackagedChromium> {
  const folder = join(CACHE, `chromium-${packageVersion()}`)
  if (!existsSync(folder)) await unpack(folder)
  return {
    executablePath: join(folder, 'chromium'),
    env: {
      ...process.env,
      LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'),
      FONTCONFIG_FILE: join(folder, 'fonts.conf'),
      XDG_CACHE_HOME: join(folder, 'cache'),
    },
  }
}

function packageVersion(): string {
  const require = createRequire(import.meta.url)
  const entry = require.resolve('@sparticuz/chromium')
  return require(join(dirname(entry), '../../package.json')).version
}

/** Unpacks into a temporary folder first, so that no test starts an incomplete browser. */
async function unpack(folder: string): Promise<void> {
  await mkdir(CACHE, { recursive: true })
  const unpacked = await mkdtemp(`${folder}-`)
  await inflateInto(unpacked)
  await writeFile(join(unpacked, 'fonts.conf'), FONT_CONFIGURATION)
  try {
    await rename(unpacked, folder)
  } catch (error) {
    // Another process was faster: its folder is the same.
    await rm(unpacked, { recursive: true })
    if (!existsSync(folder)) throw error
  }
}

/**
 * The package reads from the environment where to unpack, and whether to unpack the libraries of
 * its target system: hence a separate process.
 */
async function inflateInto(folder: string): Promise<void> {
  const script = "(await import('@sparticuz/chromium')).default.executablePath()"
  await run(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: import.meta.dirname,
    env: { ...process.env, TMPDIR: folder, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x' },
  })
}
