import type { Agent } from '@rollcall/client'
import { JsonTree } from '../components/json-tree.tsx'
import { DocumentSection } from './document-section.tsx'

/** Metadata as a tree, or as it was sent. */
export function MetadataView({ metadata }: Pick<Agent, 'metadata'>) {
  if (metadata === null) return null
  const raw = typeof metadata === 'string' ? metadata : JSON.stringify(metadata, null, 2)
  return (
    <DocumentSection title="Metadata" raw={raw} rawLabel="Raw JSON">
      <JsonTree value={parsed(metadata)} />
    </DocumentSection>
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
