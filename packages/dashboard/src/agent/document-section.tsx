import { type ReactNode, useId, useState } from 'react'
import { CopyButton } from '../components/copy-button.tsx'

interface DocumentProps {
  readonly title: string
  /** The text as it was sent. */
  readonly raw: string
  /** What the button says that shows it. */
  readonly rawLabel: string
  /** What the button says that copies it; default: `Copy`. */
  readonly copyLabel?: string
  readonly className?: string
  /** The document for readers. */
  readonly children: ReactNode
}

/** A document that an agent has sent: to be read, or as it was sent. */
export function DocumentSection(props: DocumentProps) {
  const { title, raw, rawLabel, copyLabel, className, children } = props
  const [isRaw, setIsRaw] = useState(false)
  const titleId = useId()
  return (
    <section className={className} aria-labelledby={titleId}>
      <header className="section-head">
        <h3 id={titleId}>{title}</h3>
        <button
          type="button"
          className="button small"
          aria-pressed={isRaw}
          onClick={() => setIsRaw(!isRaw)}
        >
          {rawLabel}
        </button>
        <CopyButton text={raw} {...(copyLabel !== undefined && { label: copyLabel })} />
      </header>
      {isRaw ? <pre className="raw">{raw}</pre> : children}
    </section>
  )
}
