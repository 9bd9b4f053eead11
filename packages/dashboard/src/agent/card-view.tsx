import { JsonTree } from '../components/json-tree.tsx'
import { useAgentCard } from '../registry/queries.ts'
import { parseCard, summaryOf } from './card-summary.ts'
import { DocumentSection } from './document-section.tsx'

/** The card of the agent: what it says of itself to other agents. */
export function CardView({ agentId, revision }: { agentId: string; revision: number }) {
  const { data: text } = useAgentCard(agentId, revision)
  if (text === undefined || text === null) return null
  const card = parseCard(text)
  return (
    <DocumentSection
      title="Card"
      raw={text}
      rawLabel="Card as sent"
      copyLabel="Copy card"
      className="card"
    >
      <Summary card={card} />
      <details>
        <summary>All of it</summary>
        <JsonTree value={card} />
      </details>
    </DocumentSection>
  )
}

function Summary({ card }: { card: unknown }) {
  const summary = summaryOf(card)
  if (summary === undefined) return null
  const { name, description, version, provider, skills } = summary
  const about = [version && `version ${version}`, provider && `by ${provider}`].filter(Boolean)
  return (
    <>
      <p>
        <strong>{name}</strong> <span className="muted">{about.join(', ')}</span>
      </p>
      {description && <p className="description">{description}</p>}
      <ul className="skills">
        {skills.map((skill, index) => (
          // Names of skills may repeat, and their order is that of the card.
          <li key={index}>
            <strong>{skill.name}</strong>
            {skill.description !== '' && <p>{skill.description}</p>}
            {skill.tags.length > 0 && <p className="muted">{skill.tags.join(', ')}</p>}
          </li>
        ))}
      </ul>
    </>
  )
}
