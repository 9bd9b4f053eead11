// Fails if npm knows a vulnerability of an installed package. Where the registry answers no audits, or there is none,
// it says so, and fails nothing: no finding is not a proof.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

interface Audit {
  readonly vulnerabilities?: Readonly<Record<string, Finding>>
  /** Why there is no audit. */
  readonly message?: string
  readonly error?: { readonly summary?: string; readonly code?: string }
}

interface Finding {
  readonly severity: string
  readonly range: string
  readonly fixAvailable: unknown
}

/** No retries: whoever is offline should not wait for them. */
const OPTIONS = ['--json', '--audit', '--fetch-retries=0', '--fetch-timeout=30000']

const [all, published] = [await audit(), await audit('--omit=dev')]
if (all.vulnerabilities === undefined || published.vulnerabilities === undefined) {
  const reason = all.message || all.error?.summary || all.error?.code || 'no reason given'
  console.warn(`NOT CHECKED for known vulnerabilities: npm audit failed (${reason.trim()})`)
} else {
  const findings = Object.entries(all.vulnerabilities)
  for (const [name, { severity, range, fixAvailable }] of findings) {
    const where = name in published.vulnerabilities ? 'published' : 'a tool'
    const remedy = fixAvailable ? 'npm audit fix has a version without it' : 'there is no fix yet'
    console.error(`${name} ${range} (${where}): ${severity}; ${remedy}`)
  }
  if (findings.length > 0) process.exitCode = 1
  else console.log('npm knows no vulnerability of an installed package')
}

/** npm exits with 1 for findings as well as for failures; its output tells them apart. */
async function audit(...options: string[]): Promise<Audit> {
  const { stdout } = await promisify(execFile)('npm', ['audit', ...OPTIONS, ...options]).catch(
    (error: { stdout: string }) => error,
  )
  try {
    return JSON.parse(stdout) as Audit
  } catch {
    return { message: 'its output is not JSON' }
  }
}
