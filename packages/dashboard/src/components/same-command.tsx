import { CopyButton } from './copy-button.tsx'

/** The command that does the same, for those who want to see or repeat it. */
export function SameCommand({ command }: { command: string }) {
  return (
    <details className="command">
      <summary>The same as a command</summary>
      <pre>{command}</pre>
      <CopyButton text={command} />
    </details>
  )
}
