/** Milliseconds between two checks of the parent. */
const POLL_MS = 500

/**
 * Stops this process gracefully, like SIGTERM, if it was started by `npx` and its parent has
 * exited. npx forwards SIGTERM to the shell that runs the command; the shell exits without
 * forwarding it, so the command would be orphaned and keep its port.
 */
export function exitWithNpx(): void {
  // Only npx sets this value. Other parents may legitimately exit before their children.
  if (process.env.npm_lifecycle_event !== 'npx') return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    process.kill(process.pid, 'SIGTERM')
  }, POLL_MS)
  timer.unref()
}
