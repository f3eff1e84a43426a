// What people call the settings; the variable's name stands beside it, in grey.

/** By the name without a sink's prefix. */
const LABELS = {
  LOG_LEVEL: 'Minimum level',
  LOG_TYPES: 'Event types',
  LOG_FILTER_MODE: 'Where level and types are given',
  SCHEDULE: 'Schedule',
  SCHEDULE_TZ: 'Time zone',
  BATCH_SIZE: 'Events in one delivery',
  RECONCILE_DELAY: 'Delay of the comparison',
  SLACK_SEND_SUCCESS: 'Tell successful runs',
  DAILY_REPORT_TIME: 'Hour of the daily report',
  START_FROM: 'Start from',
}

/** `LOG_LEVEL` of `CLOUDWATCH_LOG_LEVEL`; the whole name where it has no label. @param {string} name */
export const bareName = (name) => Object.keys(LABELS).find((bare) => name === bare || name.endsWith(`_${bare}`)) ?? name

/** @param {string} name */
export function labelOf(name) {
  const bare = bareName(name)
  if (Object.hasOwn(LABELS, bare)) {
    const sink = bare === 'SLACK_SEND_SUCCESS' && name !== bare ? ` of ${name.slice(0, -bare.length - 1).toLowerCase()}` : ''
    return LABELS[bare] + sink
  }
  const words = name.toLowerCase().replaceAll('_', ' ')
  return words[0].toUpperCase() + words.slice(1)
}
