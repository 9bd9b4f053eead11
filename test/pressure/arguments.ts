import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseCommandLine, UsageError } from '../../scripts/command-line.ts'
import { type Attack, STORES, type Store } from './attack.ts'
import { SIZES } from './sizes.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Arguments of a run. */
export interface PressureArguments {
  readonly attacks: readonly Attack[]
  readonly stores: readonly Store[]
  readonly sizeName: string
  /** The checkout whose build is attacked. */
  readonly checkout: string
  /** Its bin file. */
  readonly command: string
  /** Name under which to save the results; undefined to discard them. */
  readonly label: string | undefined
}

/**
 * Parses the command line. Returns undefined for `--help`.
 *
 * @throws UsageError
 */
export function readArguments(
  args: readonly string[],
  all: readonly Attack[],
): PressureArguments | undefined {
  const { size, only, store, server, label, help } = parse(args)
  if (help) return undefined
  if (SIZES[size] === undefined) {
    throw new UsageError(`--size is ${size}; use ${Object.keys(SIZES).join(' or ')}`)
  }
  const unknown = only.filter((name) => !all.some((attack) => attack.name === name))
  if (unknown.length > 0) throw new UsageError(`unknown attack ${unknown.join(', ')}`)
  const stores = STORES.filter((each) => store === undefined || store === each)
  if (stores.length === 0) throw new UsageError(`--store is ${store}; use ${STORES.join(' or ')}`)
  if (label !== undefined && !/^[a-z0-9-]+$/.test(label)) {
    throw new UsageError(`--label is ${label}; use letters, digits and hyphens`)
  }
  const checkout = server === undefined ? ROOT : resolve(server)
  const command = join(checkout, 'packages/cli/bin/rollcall.js')
  if (!existsSync(join(checkout, 'packages/cli/dist/main.js'))) {
    throw new UsageError(`--server is ${server}, which has no build: run npm ci there`)
  }
  const attacks = only.length === 0 ? all : all.filter(({ name }) => only.includes(name))
  return { attacks, stores, sizeName: size, checkout, command, label }
}

/** Returns the output of `--help`. */
export function helpText(all: readonly Attack[]): string {
  return [
    'npm run test:pressure -- [options]',
    '',
    'Attacks a registry under heartbeats and prints the effect. Without --only: every attack.',
    '',
    '  --size NAME          check: for tests; small: seconds per attack (default); full: for the page',
    '  --only NAME          an attack; may be repeated',
    '  --store NAME         sqlite or postgres; default: both',
    '  --server FOLDER      attack the build of another checkout',
    '  --label NAME         also save the results, as test/pressure/results/NAME.json',
    '  -h, --help           this',
    '',
    'Examples:',
    '  npm run test:pressure -- --only feed-filters --store sqlite',
    '  npm run test:pressure -- --size full --server ../before --label before',
    '  npm run test:pressure -- --size full --label after && npm run test:pressure:page',
    '',
    'Attacks:',
    ...all.map(({ name, title }) => `  ${name.padEnd(24)} ${title}`),
  ].join('\n')
}

function parse(args: readonly string[]) {
  return parseCommandLine({
    args: [...args],
    options: {
      size: { type: 'string', default: 'small' },
      only: { type: 'string', multiple: true, default: [] },
      store: { type: 'string' },
      server: { type: 'string' },
      label: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  }).values
}
