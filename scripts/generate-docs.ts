// Writes the reference pages that have a source in code. With --check: fails when one is stale,
// or when something exported has no docstring.
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { ERROR_CODES } from '@rollcall/protocol'
import {
  DEFAULT_CONFIG_FILE,
  type Limit,
  SERVER_LIMITS,
  SETTINGS,
  WIRE_LIMITS,
} from '@rollcall/server'
import { apiReference } from './api-reference/api-reference.ts'
import { httpPage } from './http-reference/http-page.ts'

const NOTE = '<!-- Written by `npm run docs`; edit the source that it names, not this page. -->'

const PAGES: Readonly<Record<string, string>> = {
  'docs/configuration.md': configurationPage(),
  'docs/errors.md': errorsPage(),
  'docs/limits.md': limitsPage(),
  'docs/http.md': page('The HTTP interface', httpPage()),
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

function configurationPage(): string {
  const rows = SETTINGS.map(({ flag, variable, rule }) => {
    const range = rule.enum
      ? rule.enum.join(', ')
      : rule.type === 'string'
        ? 'text'
        : `${rule.minimum} to ${rule.maximum}`
    return `| \`--${flag}\` | \`${variable}\` | \`${rule.default}\` | ${range} | ${rule.description} |`
  })
  return page('Configuration', [
    'Source: `packages/server/src/config/settings.ts`.',
    'Every setting of `rollcall serve` can be given as a flag, in the environment or in a ' +
      'configuration file. A flag wins over the environment, the environment over the file, the ' +
      'file over the default. Everything that is wrong is listed at once, at start, and nothing ' +
      'is coerced into shape.',
    ['| flag | variable | default | values | meaning |', '|---|---|---|---|---|', ...rows].join(
      '\n',
    ),
    '## The file',
    `A JSON object with settings named as the flags are. \`--config FILE\` or \`ROLLCALL_CONFIG\` ` +
      `names it; without them, \`${DEFAULT_CONFIG_FILE}\` in the working directory is read when ` +
      'it is there. It may also say `registry`: the address that all commands but `serve` ask, ' +
      'unless `--registry` or `REGISTRY_URL` names another.',
    '```json\n{ "port": 9555, "db": "sqlite:////var/lib/rollcall/rollcall.db", "cleanup-interval": 30 }\n```',
  ])
}

function limitsPage(): string {
  return page('Limits', [
    'Source: `packages/server/src/limits/server-limits.ts`.',
    'Every limit of the registry, with what happens beyond it. Nothing that one client, disk or ' +
      'database does takes more than its share, so that heartbeats are answered whatever else happens.',
    '## Of what is sent',
    'They are part of the wire contract, and the same for every registry.',
    limitsTable(WIRE_LIMITS),
    '## Of the server',
    limitsTable(SERVER_LIMITS),
  ])
}

function limitsTable(limits: Readonly<Record<string, Limit>>): string {
  const rows = Object.values(limits).map(({ what, value, unit, setting, beyond }) => {
    const amount = `${value.toLocaleString('en-US')} ${unit}`.trim()
    return `| ${what} | ${amount} | ${setting ? `\`--${setting}\`` : 'fixed'} | ${beyond} |`
  })
  return ['| limit | default | setting | beyond it |', '|---|---|---|---|', ...rows].join('\n')
}

function errorsPage(): string {
  const rows = Object.entries(ERROR_CODES).map(
    ([code, { status, title, remedy }]) => `| \`${code}\` | ${status} | ${title} | ${remedy} |`,
  )
  return page('Errors', [
    'Source: `packages/protocol/src/error-codes.ts`.',
    'Every error is `application/problem+json` (RFC 9457) with `type`, `title`, `status`, ' +
      '`detail`, `code` and `request_id`; for bad input also `errors`, each with a JSON `pointer` ' +
      'and a `message` ([ProblemDetails](http.md#problemdetails)). `detail` says what happened, with which input, and what to do. Responses ' +
      'with 503 carry `Retry-After`. Send `X-Request-Id` to choose the `request_id`.',
    ['| code | status | what happened | what to do |', '|---|---|---|---|', ...rows].join('\n'),
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
