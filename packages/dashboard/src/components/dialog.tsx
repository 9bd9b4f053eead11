import { type ReactNode, useEffect, useId, useRef } from 'react'

/**
 * A modal dialog; the browser keeps the focus inside, and Escape closes it. The focus begins at the first control, or at
 * the one with `data-focus`.
 */
export function Dialog(props: { title: string; onClose: () => void; children: ReactNode }) {
  const { title, onClose, children } = props
  const dialog = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useEffect(() => {
    const opened = dialog.current
    opened?.showModal()
    opened?.querySelector<HTMLElement>('[data-focus]')?.focus()
    return () => opened?.close()
  }, [])
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby={titleId} onClose={onClose}>
      <h2 id={titleId}>{title}</h2>
      {children}
    </dialog>
  )
}
