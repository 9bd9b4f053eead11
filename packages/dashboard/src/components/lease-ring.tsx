const RADIUS = 8
const CIRCUMFERENCE = 2 * Math.PI * RADIUS

/**
 * A ring that empties towards the deadline of a lease.
 *
 * @param left share of the TTL that is left, 0 to 1
 */
export function LeaseRing({ left, size = 20 }: { left: number; size?: number }) {
  const level = left <= 0 ? 'over' : left < 1 / 3 ? 'late' : 'fine'
  return (
    <svg
      className={`ring ring-${level}`}
      width={size}
      height={size}
      viewBox="0 0 20 20"
      aria-hidden="true"
    >
      <circle className="ring-track" cx="10" cy="10" r={RADIUS} />
      <circle
        className="ring-left"
        cx="10"
        cy="10"
        r={RADIUS}
        strokeDasharray={CIRCUMFERENCE}
        strokeDashoffset={CIRCUMFERENCE * (1 - Math.max(0, Math.min(1, left)))}
        transform="rotate(-90 10 10)"
      />
    </svg>
  )
}
