// Completion scripts in their shells: the typed line, and its completion.
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { registration } from './support/http-client.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { ROLLCALL, runRollcall } from './support/rollcall-command.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

type Shell = 'bash' | 'zsh' | 'fish'

/**
 * Typed lines after `rollcall`, with the completed last word; undefined if there is no completion.
 */
const COMPLETIONS: Readonly<Record<string, string | undefined>> = {
  do: 'doctor',
  hel: 'help',
  '--v': '--version',
  'serve --restart': '--restart-grace',
  'serve --log-level de': 'debug',
  'list --status re': 'ready',
  'list --status=re': 'ready',
  'list --status ready --inc': '--include-dead',
  'get --js': '--json',
  'list --sort agent': 'agent_id',
  'list --sort=-lo': '-load',
  'heartbeat a --status bu': 'busy',
  'completion z': 'zsh',
  'help li': 'list',
  // Only the command `serve` has these options, not an argument of that name.
  'get serve --restart': undefined,
  'run --name serve --restart': undefined,
  // After `--` follows the command line of a program.
  'run --name x -- only-a-pro': 'only-a-program',
  'run --name x -- cat --capa': undefined,
}

/** The same for file names. */
const FILES: typeof COMPLETIONS = {
  'serve --config only-a-fi': 'only-a-file',
  'run --name x -- cat only-a-fi': 'only-a-file',
  'run --name only-a-fi': undefined,
  'list --sort only-a-fi': undefined,
  'get only-a-fi': undefined,
}

/** The same for agent ids; the registry has `researcher-1` and `team:a`. */
const AGENTS: typeof COMPLETIONS = {
  'get res': 'researcher-1',
  'history --json res': 'researcher-1',
  'deregister other res': 'researcher-1',
  'drain unknown-': undefined,
  'heartbeat --status res': undefined,
  'list res': undefined,
}

let folder: TemporaryFolder
let registry: RegistryProcess
beforeAll(async () => {
  folder = new TemporaryFolder()
  mkdirSync(folder.file('bin'))
  writeFileSync(folder.file('bin/only-a-program'), '#!/bin/sh\n', { mode: 0o755 })
  writeFileSync(folder.file('only-a-file'), '')
  // The script runs the command on the PATH.
  const command = `#!/bin/sh\nexec '${process.execPath}' '${ROLLCALL}' "$@"\n`
  writeFileSync(folder.file('bin/rollcall'), command, { mode: 0o755 })
  registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
  for (const agentId of ['researcher-1', 'team:a']) {
    await registry.http.send('POST', '/agents/register', registration(agentId))
  }
})
afterAll(async () => {
  await registry[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

/** Writes the completion script for a shell to a file. Returns its path. */
async function scriptFor(shell: Shell): Promise<string> {
  const { code, stdout } = await runRollcall(['completion', shell], { cwd: folder.path })
  expect(code).toBe(0)
  const file = folder.file(`completion.${shell}`)
  writeFileSync(file, stdout)
  return file
}

/** Returns the output of a shell that runs some lines with `args` as their arguments. */
function printedBy(
  shell: Shell,
  lines: readonly string[],
  {
    args = [],
    registryUrl = registry.url,
  }: { args?: readonly string[]; registryUrl?: string } = {},
): string {
  const { stdout, stderr } = spawnSync(shell, ['-c', lines.join('\n'), ...args], {
    cwd: folder.path,
    encoding: 'utf8',
    env: {
      PATH: `${folder.file('bin')}:${process.env.PATH}`,
      HOME: folder.path,
      TERM: 'dumb',
      REGISTRY_URL: registryUrl,
    },
    timeout: 15_000,
  })
  expect(stderr).toBe('')
  return stdout
}

/** Completes all lines of a table. */
function completedAs(table: typeof COMPLETIONS, complete: (line: string) => string | undefined) {
  return Object.fromEntries(Object.keys(table).map((line) => [line, complete(line)]))
}

describeIn('bash', () => {
  let script: string
  beforeAll(async () => {
    script = await scriptFor('bash')
  })

  /** Calls the completion function as bash does on Tab, with the words as bash splits them. */
  function completeLine(
    line: string,
    registryUrl?: string,
  ): { words: string | undefined; offersFiles: boolean } {
    const words = line.split(/ |([=:])/).filter((word) => word !== undefined && word !== '')
    if (line.endsWith(' ')) words.push('')
    const printed = printedBy(
      'bash',
      [
        'set -u',
        `source ${script}`,
        "offers_files=$(complete -p rollcall | grep -c -e '-o default')",
        'compopt() { case "$1" in +o) offers_files=0 ;; -o) offers_files=1 ;; esac; }',
        `COMP_WORDS=(rollcall ${words.map((word) => `'${word}'`).join(' ')})`,
        `COMP_CWORD=${words.length}`,
        `COMP_LINE='rollcall ${line}' COMP_POINT=${'rollcall '.length + line.length}`,
        '_rollcall',
        `echo "$offers_files \${COMPREPLY[*]-}"`,
      ],
      { ...(registryUrl !== undefined && { registryUrl }) },
    )
    const [, files, text] = /^([01]) (.*)\n$/.exec(printed) ?? []
    return { words: text || undefined, offersFiles: files === '1' }
  }

  test('Tab completes commands, options and values', () => {
    expect(completedAs(COMPLETIONS, (line) => completeLine(line).words)).toEqual(COMPLETIONS)
    expect(completeLine('run --check').words).toBe(
      '--check --check-timeout --check-interval --check-limit --check-failures',
    )
    expect(completeLine('completion ').words).toBe('bash zsh fish')
  })

  test('Tab completes agent ids, also with colons, and offers none without a registry', () => {
    expect(completedAs(AGENTS, (line) => completeLine(line).words)).toEqual(AGENTS)
    // bash replaces the part after the last colon.
    expect(completeLine('get team:').words).toBe('a')
    expect(completeLine('get ').words).toBe('researcher-1 team:a')
    expect(completeLine('get res', 'http://127.0.0.1:2').words).toBeUndefined()
    expect(completeLine(`get --registry ${registry.url} res`, 'http://127.0.0.1:2').words).toBe(
      'researcher-1',
    )
  })

  test('Tab completes a command after --registry, and its options', () => {
    expect(completeLine('--registry http://a:1 he').words).toBe('heartbeat health help')
    expect(completeLine('--registry http://a:1 list --status re').words).toBe('ready')
    expect(completeLine(`--registry ${registry.url} get res`, 'http://127.0.0.1:2').words).toBe(
      'researcher-1',
    )
  })

  test('Tab completes file names where they are allowed', () => {
    const complete = (line: string) => {
      const { words, offersFiles } = completeLine(line)
      // Readline completes files itself.
      return words ?? (offersFiles ? 'only-a-file' : undefined)
    }
    expect(completedAs(FILES, complete)).toEqual(FILES)
  })

  test('Tab after a space offers no options, which would insert an unwanted one', () => {
    expect(completeLine('cleanup ').words).toBeUndefined()
  })
})

describeIn('zsh', () => {
  /** Types lines in a zsh with its own terminal. */
  function typeAll(loading: string, lines: readonly string[]): Map<string, string | undefined> {
    const printed = printedBy(
      'zsh',
      [
        'zmodload zsh/zpty',
        'zpty terminal zsh -f -i',
        `zpty -w terminal ${quoted(`PS1= PS2=; ${loading}`)}`,
        // Ctrl-T prints the line in brackets and clears it. The echo of the input contains it too:
        // hence the "".
        `zpty -w terminal 'show() { print -r -- "<$BUFFER>"; BUFFER= }; zle -N show; bindkey "^T" show; print be""gin'`,
        "zpty -r terminal answer '*begin*'",
        'for line in "$@"; do',
        `  zpty -w -n terminal "rollcall $line"$'\\t\\C-t'`,
        "  zpty -r terminal answer '*<*>*'",
        `  print -r -- "\${\${answer##*<}%%>*}"`,
        'done',
      ],
      { args: ['zsh', ...lines] },
    )
    const completed = printed.split('\n')
    return new Map(lines.map((line, index) => [line, lastWord(line, completed[index])]))
  }

  function lastWord(line: string, completed = ''): string | undefined {
    // zsh appends = if a value has to follow.
    const text = completed.trimEnd().replace(/=$/, '')
    return text === `rollcall ${line}` ? undefined : text.split(/[ =]/).pop()
  }

  test('Tab completes commands, options, values and file names', async () => {
    const loading = `autoload -Uz compinit; compinit -D -u; source ${await scriptFor('zsh')}`
    const first = {
      [`--registry ${registry.url} get res`]: 'researcher-1',
      '--registry http://a:1 comp': 'completion',
    }
    const table = { ...COMPLETIONS, ...FILES, ...AGENTS, ...first }
    const completed = typeAll(loading, Object.keys(table))
    expect(completedAs(table, (line) => completed.get(line))).toEqual(table)
  })

  test('the first Tab works if the script is a file in $fpath', async () => {
    mkdirSync(folder.file('functions'))
    const { stdout } = await runRollcall(['completion', 'zsh'], { cwd: folder.path })
    writeFileSync(folder.file('functions/_rollcall'), stdout)
    const fpath = `fpath=(${folder.file('functions')} $fpath)`
    const completed = typeAll(`${fpath}; autoload -Uz compinit; compinit -D -u`, ['do', 'help li'])
    expect([...completed.values()]).toEqual(['doctor', 'list'])
  })
})

describeIn('fish', () => {
  test('Tab completes commands, options, values and file names', async () => {
    const script = await scriptFor('fish')
    const table = { ...COMPLETIONS, ...FILES, ...AGENTS }
    const query = (line: string) => [`echo '? ${line}'`, `complete -C 'rollcall ${line}'`]
    const printed = printedBy('fish', [`source ${script}`, ...Object.keys(table).flatMap(query)])
    const completions = new Map(
      printed.split(/^\? /m).map((block) => {
        const [line = '', ...offers] = block.trimEnd().split('\n')
        // A word and its description.
        const words = offers.map((offer) => offer.split('\t')[0]?.split('=').pop())
        return [line, words.length > 0 ? words.join(' ') : undefined]
      }),
    )
    expect(completedAs(table, (line) => completions.get(line))).toEqual(table)
  })
})

function describeIn(shell: Shell, body: () => void): void {
  const isInstalled = spawnSync(shell, ['--version']).status === 0
  describe.runIf(isInstalled)(`in ${shell}${isInstalled ? '' : ' (NOT RUN: not installed)'}`, body)
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
