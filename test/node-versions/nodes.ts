import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A release of Node to test on. */
interface NodeRelease {
  readonly version: string
  /** Path of the program. */
  readonly path: string
}

/** The releases to test on, or why they are missing. */
export interface NodeReleases {
  readonly releases: readonly NodeRelease[]
  readonly missing?: string
}

// Not among the development dependencies: these are a gigabyte, for one rarely run test. The folder
// has its own lockfile, so that the packages are still verified by their hashes.
const FOLDER = join(import.meta.dirname, 'nodes')
const INSTALLED = join(FOLDER, 'node_modules', '.package-lock.json')
/** How npm reports that the package registry is unreachable. */
const UNREACHABLE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET/

/** Installs the packages of `nodes/package.json` if they are missing; takes half a minute. */
export async function installNodes(): Promise<NodeReleases> {
  const platform = `${process.platform} ${process.arch}`
  if (platform !== 'linux x64') return { releases: [], missing: `no releases for ${platform}` }
  const names = namesIn(join(FOLDER, 'package.json'))
  if (!isInstalled(names)) {
    console.log(`Installing ${names.join(', ')} into ${FOLDER} …`)
    try {
      const options = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline']
      await promisify(execFile)('npm', options, { cwd: FOLDER })
    } catch (error) {
      const code = UNREACHABLE.exec(String(error))?.[0]
      if (code === undefined) throw error
      return { releases: [], missing: `npm cannot fetch the releases of Node (${code})` }
    }
  }
  return {
    releases: names.map((name) => ({
      version: name.replace('node-', ''),
      path: join(FOLDER, 'node_modules', name, 'bin', 'node'),
    })),
  }
}

function namesIn(manifest: string): string[] {
  const { dependencies } = JSON.parse(readFileSync(manifest, 'utf8'))
  return Object.keys(dependencies)
}

/** npm writes its list of installed packages last, so an interrupted installation has none. */
function isInstalled(names: readonly string[]): boolean {
  if (!existsSync(INSTALLED)) return false
  const { packages } = JSON.parse(readFileSync(INSTALLED, 'utf8'))
  return names.every((name) => `node_modules/${name}` in packages)
}
