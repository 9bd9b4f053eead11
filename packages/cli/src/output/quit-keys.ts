const CTRL_C = '\x03'
const CTRL_Z = '\x1a'

/**
 * Listens for `q` at a terminal, without Enter, until it is disposed. The terminal then sends keys and
 * no signals, so Ctrl-C and Ctrl-Z are looked after here as well.
 *
 * @param quit called for `q` and for Ctrl-C
 */
export function listenForQuit(quit: () => void): Disposable {
  const { stdin } = process
  if (!stdin.isTTY) return { [Symbol.dispose]: () => undefined }
  const hear = (keys: string): void => {
    if (/[qQ]/.test(keys) || keys.includes(CTRL_C)) quit()
    else if (keys.includes(CTRL_Z)) sleep()
  }
  const sleep = (): void => {
    stdin.setRawMode(false)
    process.once('SIGCONT', () => stdin.setRawMode(true))
    process.kill(process.pid, 'SIGTSTP')
  }
  const stop = (): void => {
    stdin.off('data', hear).pause()
    stdin.setRawMode(false)
    process.off('exit', stop)
  }
  stdin.setRawMode(true)
  stdin.setEncoding('utf8').on('data', hear)
  // Whatever ends the process, the shell after it wants to see what is typed.
  process.once('exit', stop)
  return { [Symbol.dispose]: stop }
}
