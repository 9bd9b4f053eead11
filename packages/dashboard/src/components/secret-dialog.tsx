import type { ReactNode } from 'react'
import { CopyButton } from './copy-button.tsx'
import { Dialog } from './dialog.tsx'

interface SecretProps {
  readonly title: string
  /** What it is for, and that it is not shown again. */
  readonly children: ReactNode
  readonly secret: string
  /** The text of the button that copies it. */
  readonly copy: string
  readonly onClose: () => void
}

/** Shows a secret that the registry returns only once. */
export function SecretDialog({ title, children, secret, copy, onClose }: SecretProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{children}</p>
      <pre className="secret">{secret}</pre>
      <p className="dialog-actions">
        <CopyButton text={secret} label={copy} />
        <button type="button" className="button" onClick={onClose}>
          Done
        </button>
      </p>
    </Dialog>
  )
}
