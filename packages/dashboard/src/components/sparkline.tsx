const WIDTH = 120
const HEIGHT = 32
/** Values that a line has room for at least, so that the first ones do not fill it. */
const FEWEST = 30

/** A line of the last values, from the left; the right end is now. Its scale begins at zero. */
export function Sparkline(props: {
  values: readonly number[]
  /** What the line shows, for those who do not see it. */
  label: string
}) {
  const { values, label } = props
  const capacity = Math.max(FEWEST, values.length)
  const top = Math.max(1, ...values)
  const points = values.map((value, index) => {
    const x = WIDTH * (1 - (values.length - 1 - index) / (capacity - 1))
    const y = HEIGHT - 2 - (HEIGHT - 4) * (value / top)
    return `${x.toFixed(1)},${y.toFixed(1)}`
  })
  const [first = ''] = points
  const area = `M${first.split(',')[0]},${HEIGHT} L${points.join(' L')} L${WIDTH},${HEIGHT} Z`
  return (
    <svg
      className="sparkline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {points.length > 1 && <path className="sparkline-area" d={area} />}
      {points.length > 1 && <polyline className="sparkline-line" points={points.join(' ')} />}
    </svg>
  )
}
