import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { PATH_WITH_CURL } from '../curl/curl-path.ts'

/** `script` of util-linux runs a shell in a terminal. */
export const HAS_TERMINAL = spawnSync('script', ['--version']).status === 0

/** The terminal in the titles of tests, which say where they cannot run. */
export const TERMINAL = HAS_TERMINAL ? 'a terminal' : 'a terminal (NOT RUN: script(1) is missing)'

/** The part of a line that the cursor went back to and erased, such as a progress bar. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the command erases a line by this sequence.
const OVERWRITTEN = /[^\n]*\r\x1b\[K/g

// The shell reads files of commands, one at a time, so that it keeps its variables, its folder and
// its jobs. It reports between 0x1e, which nothing else prints: its process id first, then exit
// codes.
const SHELL = `stty -echo cols 80
printf '\\036%s\\036' $$
while IFS= read -r commands; do . "$commands"; printf '\\036%s\\036' $?; done
`
// biome-ignore lint/suspicious/noControlCharactersInRegex: a control character marks the reports of the shell.
const REPORT = /\x1e(\d+)\x1e/g
/** A shell reports a killed job in its own format; not part of the output. */
const JOB_NOTICE = /^.*: line \d+: +\d+ Killed .*\n?/gm
const CTRL_C_KEY = '\x03'

const running = new Set<number>()
process.once('exit', () => {
  // A test that timed out does not dispose its terminals, whose processes must not outlive the run.
  for (const pid of running) killGroup(pid)
})

/** Options of a terminal. */
export interface TerminalOptions {
  readonly cwd: string
  /** A folder for the files with commands. */
  readonly files: string
  /** Environment in addition to `PATH`. */
  readonly env: Readonly<Record<string, string>>
}

/** A bash in its own terminal, 80 columns wide, like that of a reader. */
export class GuideTerminal implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #files: string
  #raw = ''
  /** Number of times it was given commands. */
  #commandCount = 0
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

  /**
   * Starts a shell and waits until it is ready: a terminal echoes input that is typed too early.
   */
  static async open(options: TerminalOptions): Promise<GuideTerminal> {
    const terminal = new GuideTerminal(options)
    while (terminal.#pid === undefined && !terminal.#isClosed) await pause(5)
    return terminal
  }

  /** Whether its commands are still running. */
  get isBusy(): boolean {
    return this.#reports.length <= this.#commandCount && !this.#isClosed
  }

  /** Exit code of its commands; undefined while they run, or if they exited the shell. */
  get exitCode(): number | undefined {
    return this.#commandCount > 0 ? this.#reports[this.#commandCount] : undefined
  }

  /** Output so far, of the commands and of what they left running. */
  get printed(): string {
    return this.#raw
      .replaceAll(REPORT, '')
      .replaceAll('\r\n', '\n')
      .replaceAll(OVERWRITTEN, '')
      .replaceAll(JOB_NOTICE, '')
  }

  /** Runs these lines in the shell. The previous commands must have ended. */
  type(commands: string): void {
    const file = join(this.#files, `commands-${this.#child.pid}-${++this.#commandCount}.sh`)
    writeFileSync(file, `${commands}\n`)
    this.#child.stdin?.write(`${file}\n`)
  }

  /** Presses Ctrl-C: a signal to the foreground process. */
  interrupt(): void {
    this.#child.stdin?.write(CTRL_C_KEY)
  }

  /**
   * Exits the shell as its reader would; background processes keep running.
   *
   * @returns whether there are any
   */
  async leave(): Promise<boolean> {
    if (!this.#isClosed) {
      this.type('exit')
      await once(this.#child, 'close')
    }
    return this.#pid !== undefined && isGroupAlive(this.#pid)
  }

  /** Kills the shell and everything that it left running. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#pid !== undefined) {
      killGroup(this.#pid)
      running.delete(this.#pid)
    }
    this.#child.kill('SIGKILL')
    if (!this.#isClosed) await once(this.#child, 'close')
  }

  /** Process id of the shell, and of the group of its processes. */
  get #pid(): number | undefined {
    return this.#reports[0]
  }

  get #reports(): number[] {
    return [...this.#raw.matchAll(REPORT)].map(([, reports]) => Number(reports))
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
