import { type FormEvent, type ReactNode, useState } from 'react'
import { Dialog } from './dialog.tsx'

interface FormProps {
  readonly title: string
  /** The text of the button. */
  readonly submit: string
  readonly isDangerous?: boolean | undefined
  /** Does it. What it rejects with is shown, and the form stays as it is. */
  readonly perform: () => Promise<unknown>
  /** Called when it is done, and when the user does not want it. */
  readonly onClose: () => void
  readonly children: ReactNode
}

/** A form in a dialog, which closes once what it asks for is done. */
export function DialogForm({ title, submit, isDangerous, perform, onClose, children }: FormProps) {
  const [failure, setFailure] = useState<string>()
  const [isRunning, setIsRunning] = useState(false)
  const send = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    setIsRunning(true)
    try {
      await perform()
      onClose()
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error))
      setIsRunning(false)
    }
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={send}>
        {children}
        {failure !== undefined && (
          <p className="field-error" role="alert">
            {failure}
          </p>
        )}
        <p className="dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button
            type="submit"
            className={`button ${isDangerous ? 'danger solid' : 'primary'}`}
            disabled={isRunning}
          >
            {submit}
          </button>
        </p>
      </form>
    </Dialog>
  )
}
