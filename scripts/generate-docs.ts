// Writes the reference pages that are generated from code. With --check, fails if one is stale or an
// export has no docstring.
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { ERROR_CODES } from '@rollcall/protocol'
import { DEFAULT_CONFIG_FILE, SETTINGS, WIRE_LIMITS } from '@rollcall/server'
import { type Limit, SERVER_LIMITS } from '../packages/server/src/limits/server-limits.ts'
import { apiReference } from './api-reference/api-reference.ts'
import { httpPage } from './http-reference/http-page.ts'
import { securityMatrixPage } from './security-matrix-page.ts'

const NOTE = '<!-- Written by `npm run docs`; edit the source that it names, not this page. -->'

const PAGES: Readonly<Record<string, string>> = {
  'docs/configuration.md': configurationPage(),
  'docs/errors.md': errorsPage(),
  'docs/limits.md': limitsPage(),
  'docs/http.md': page('The HTTP interface', httpPage()),
  'docs/security-matrix.md': page('Security matrix', securityMatrixPage()),
  ...(await apiPages()),
}

const isCheck = process.argv.includes('--check')
const stale = Object.entries(PAGES).filter(([file, text]) => readIfThere(file) !== text)
const leftOver = globSync('docs/api/**/*.md').filter(
  (file) => !(file.replaceAll('\\', '/') in PAGES),
)
for (const [file, text] of stale) {
  if (isCheck) console.error(`${file} is stale: run npm run docs`)
  else write(file, text)
}
for (const file of leftOver) {
  if (isCheck) console.error(`${file} has no source any more: run npm run docs`)
  else rmSync(file)
}
if (isCheck && stale.length + leftOver.length > 0) process.exitCode = 1

async function apiPages(): Promise<Record<string, string>> {
  try {
    const pages = [...(await apiReference())]
    return Object.fromEntries(
      pages.map(([file, text]) => [`docs/api/${file}`, `${NOTE}\n\n${text}`]),
    )
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  }
}

function valuesOf({
  type,
  enum: words,
  minimum,
  maximum,
}: (typeof SETTINGS)[number]['rule']): string {
  if (words) return words.join(', ')
  if (type === 'string') return 'text'
  return type === 'boolean' ? 'true, false' : `${minimum} to ${maximum}`
}

function configurationPage(): string {
  const rows = SETTINGS.map(({ flag, variable, rule }) => {
    return `| \`--${flag}\` | \`${variable}\` | \`${rule.default}\` | ${valuesOf(rule)} | ${rule.description} |`
  })
  return page('Configuration', [
    'Source: `packages/server/src/config/settings.ts`.',
    'You can set every option of `rollcall serve` with a flag, in the environment or in a ' +
      'configuration file. A flag takes precedence over the environment, the environment over the ' +
      'file, the file over the default. At start, the command reports all invalid values at once. ' +
      'It does not coerce values.',
    ['| flag | variable | default | values | meaning |', '|---|---|---|---|---|', ...rows].join(
      '\n',
    ),
    '## The file',
    `A JSON object whose keys are the names of the flags. \`--config FILE\` or \`ROLLCALL_CONFIG\` ` +
      `sets its path. The default is \`${DEFAULT_CONFIG_FILE}\` in the working directory, if it ` +
      'exists. The key `registry` sets the registry URL of all commands but `serve`, unless ' +
      '`--registry` or `REGISTRY_URL` is given.',
    '```json\n{ "port": 9555, "db": "sqlite:////var/lib/rollcall/rollcall.db", "cleanup-interval": 30 }\n```',
  ])
}

function limitsPage(): string {
  return page('Limits', [
    'Source: `packages/server/src/limits/server-limits.ts`.',
    'Every limit of the registry and its effect. No client, disk or database gets more than its ' +
      'share of resources, so heartbeats are served under any other load.',
    '## Request limits',
    'These are part of the wire contract and the same for every registry.',
    limitsTable(WIRE_LIMITS),
    '## Server limits',
    limitsTable(SERVER_LIMITS),
  ])
}

function limitsTable(limits: Readonly<Record<string, Limit>>): string {
  const rows = Object.values(limits).map(({ what, value, unit, setting, beyond }) => {
    const amount = `${value.toLocaleString('en-US')} ${unit}`.trim()
    return `| ${what} | ${amount} | ${setting ? `\`--${setting}\`` : 'fixed'} | ${beyond} |`
  })
  return ['| limit | default | setting | effect |', '|---|---|---|---|', ...rows].join('\n')
}

function errorsPage(): string {
  const rows = Object.entries(ERROR_CODES).map(
    ([code, { status, title, remedy }]) => `| \`${code}\` | ${status} | ${title} | ${remedy} |`,
  )
  return page('Errors', [
    'Source: `packages/protocol/src/error-codes.ts`.',
    'Every error is `application/problem+json` (RFC 9457) with `type`, `title`, `status`, ' +
      '`detail`, `code` and `request_id`; for bad input also `errors`, each with a JSON `pointer` ' +
      'and a `message` ([ProblemDetails](http.md#problemdetails)). `detail` describes the error, the input ' +
      'and the remedy. Responses with 503 have `Retry-After`. Send `X-Request-Id` to set the `request_id`.',
    ['| code | status | meaning | remedy |', '|---|---|---|---|', ...rows].join('\n'),
  ])
}

function page(title: string, parts: readonly string[]): string {
  return `${[NOTE, `# ${title}`, ...parts].join('\n\n')}\n`
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
