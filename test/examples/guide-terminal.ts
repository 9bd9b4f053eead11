import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { PATH_WITH_CURL } from '../curl/curl-path.ts'

/** `script` of util-linux gives a shell a terminal. */
export const TERMINALS_ARE_THERE = spawnSync('script', ['--version']).status === 0

// The shell reads files of commands, one at a time, so that it keeps its variables, its folder and
// its jobs. It tells between 0x1e, which nobody else prints, its process id first, then exit codes.
const SHELL = `stty -echo cols 80
printf '\\036%s\\036' $$
while IFS= read -r commands; do . "$commands"; printf '\\036%s\\036' $?; done
`
// biome-ignore lint/suspicious/noControlCharactersInRegex: a control character marks what the shell tells.
const TOLD = /\x1e(\d+)\x1e/g
/** Shells tell of a job that was killed, each in words of its own; no part of the output. */
const JOB_NOTICE = /^.*: line \d+: +\d+ Killed .*\n?/gm
const CTRL_C_KEY = '\x03'

const running = new Set<number>()
process.once('exit', () => {
  // A test that timed out never reached its end; what it started must not outlive the run.
  for (const pid of running) killGroup(pid)
})

/** Where a shell starts. */
export interface TerminalOptions {
  readonly cwd: string
  /** A folder for the commands on their way to the shell. */
  readonly files: string
  /** All that it has beside `PATH`. */
  readonly env: Readonly<Record<string, string>>
}

/** A bash on a terminal of its own, 80 columns wide, as the reader of a guide has one. */
export class GuideTerminal implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #files: string
  #raw = ''
  /** How many times it was given commands. */
  #asked = 0
  #isClosed = false

  private constructor({ cwd, files, env }: TerminalOptions) {
    this.#files = files
    const shell = join(files, 'shell.sh')
    writeFileSync(shell, SHELL)
    this.#child = spawn('script', ['-qec', `exec bash '${shell}'`, '/dev/null'], {
      cwd,
      env: { PATH: PATH_WITH_CURL, TERM: 'dumb', NO_COLOR: '1', ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#child.once('close', () => {
      this.#isClosed = true
    })
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#raw += text
      if (this.#pid !== undefined) running.add(this.#pid)
    })
  }

  /** Starts a shell, and waits until it is there: a terminal shows what is typed too early. */
  static async open(options: TerminalOptions): Promise<GuideTerminal> {
    const terminal = new GuideTerminal(options)
    while (terminal.#pid === undefined && !terminal.#isClosed) await pause(5)
    return terminal
  }

  /** Whether its commands have not ended. */
  get isBusy(): boolean {
    return this.#told.length <= this.#asked && !this.#isClosed
  }

  /** How its commands ended; undefined when they have not, or took the shell with them. */
  get exitCode(): number | undefined {
    return this.#asked > 0 ? this.#told[this.#asked] : undefined
  }

  /** Everything that was printed, by the shell's commands and by what they left running. */
  get printed(): string {
    return this.#raw.replaceAll(TOLD, '').replaceAll('\r\n', '\n').replaceAll(JOB_NOTICE, '')
  }

  /** Has the shell run these lines. What was running before has to have ended. */
  type(commands: string): void {
    const file = join(this.#files, `commands-${this.#child.pid}-${++this.#asked}.sh`)
    writeFileSync(file, `${commands}\n`)
    this.#child.stdin?.write(`${file}\n`)
  }

  /** Presses Ctrl-C: a signal for what is running in front. */
  interrupt(): void {
    this.#child.stdin?.write(CTRL_C_KEY)
  }

  /**
   * Leaves the shell as its reader would; what it left running goes on.
   *
   * @returns whether anything does
   */
  async leave(): Promise<boolean> {
    if (!this.#isClosed) {
      this.type('exit')
      await once(this.#child, 'close')
    }
    return this.#pid !== undefined && isGroupAlive(this.#pid)
  }

  /** Ends the shell and all that it left running. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#pid !== undefined) {
      killGroup(this.#pid)
      running.delete(this.#pid)
    }
    this.#child.kill('SIGKILL')
    if (!this.#isClosed) await once(this.#child, 'close')
  }

  /** The id of the shell, and of the group of all that it starts. */
  get #pid(): number | undefined {
    return this.#told[0]
  }

  get #told(): number[] {
    return [...this.#raw.matchAll(TOLD)].map(([, told]) => Number(told))
  }
}

function killGroup(pid: number): void {
  if (isGroupAlive(pid)) process.kill(-pid, 'SIGKILL')
}

function isGroupAlive(pid: number): boolean {
  try {
    return process.kill(-pid, 0)
  } catch {
    return false
  }
}
