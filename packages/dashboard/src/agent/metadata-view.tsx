import type { Agent } from '@rollcall/client'
import { useState } from 'react'
import { CopyButton } from '../components/copy-button.tsx'
import { JsonTree } from '../components/json-tree.tsx'

/** Metadata as a tree, or as it was sent. */
export function MetadataView({ metadata }: Pick<Agent, 'metadata'>) {
  const [isRaw, setIsRaw] = useState(false)
  if (metadata === null) return null
  const value = parsed(metadata)
  const raw = typeof metadata === 'string' ? metadata : JSON.stringify(metadata, null, 2)
  return (
    <section aria-labelledby="metadata-title">
      <header className="section-head">
        <h3 id="metadata-title">Metadata</h3>
        <button
          type="button"
          className="button small"
          aria-pressed={isRaw}
          onClick={() => setIsRaw(!isRaw)}
        >
          Raw JSON
        </button>
        <CopyButton text={raw} />
      </header>
      {isRaw ? <pre className="raw">{raw}</pre> : <JsonTree value={value} />}
    </section>
  )
}

function parsed(metadata: NonNullable<Agent['metadata']>): unknown {
  if (typeof metadata !== 'string') return metadata
  try {
    return JSON.parse(metadata)
  } catch {
    return metadata
  }
}
