import { useEffect, useId, useRef, useState } from 'react'

/** Milliseconds without a key before a text takes effect. */
const TYPING_MS = 180

interface TextProps {
  readonly label: string
  readonly placeholder: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly className?: string
  /** The key that moves the focus here. */
  readonly hint?: string
}

/** A text that takes effect once typing pauses. */
export function TypedText({
  label,
  placeholder,
  value,
  onChange,
  className = '',
  hint,
}: TextProps) {
  const id = useId()
  const [text, setText] = useState(value)
  const [sent, setSent] = useState(value)
  // The URL has changed otherwise: by a link, or by the buttons of the browser.
  if (value !== sent) {
    setSent(value)
    setText(value)
  }
  // The view may be rendered again during the pause, with another function: that must not extend the pause.
  const notify = useRef(onChange)
  useEffect(() => {
    notify.current = onChange
  })
  useEffect(() => {
    if (text === sent) return
    const timer = setTimeout(() => {
      setSent(text)
      notify.current(text)
    }, TYPING_MS)
    return () => clearTimeout(timer)
  }, [text, sent])
  return (
    <div className={`field ${className}`}>
      <label className="visually-hidden" htmlFor={id}>
        {label}
      </label>
      <input
        id={id}
        type="search"
        autoComplete="off"
        spellCheck={false}
        placeholder={placeholder}
        {...(hint !== undefined && { 'data-shortcut': hint })}
        value={text}
        onChange={({ target }) => setText(target.value)}
      />
      {hint !== undefined && <kbd>{hint}</kbd>}
    </div>
  )
}
