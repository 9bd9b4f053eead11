/** A JSON value as nested lists; everything in it is text. */
export function JsonTree({ value }: { value: unknown }) {
  if (typeof value !== 'object' || value === null) return <Scalar value={value} />
  const entries = Object.entries(value)
  if (entries.length === 0)
    return <span className="muted">{Array.isArray(value) ? '[ ]' : '{ }'}</span>
  return (
    <ul className="tree">
      {entries.map(([key, inner]) => (
        <li key={key}>
          <span className="tree-key">{key}</span> <JsonTree value={inner} />
        </li>
      ))}
    </ul>
  )
}

function Scalar({ value }: { value: unknown }) {
  return (
    <span className={`tree-value tree-${value === null ? 'null' : typeof value}`}>
      {String(value)}
    </span>
  )
}
