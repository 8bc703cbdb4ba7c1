// ical.js 2, the parser in Thunderbird and Nextcloud Calendar.   node read_icaljs.mjs FILE...
// Prints one reading per file as a JSON list. The folder that ICS_NODE_DIR names holds node_modules/ical.js.
import fs from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire((process.env.ICS_NODE_DIR || process.cwd()) + '/x.js');
const ICAL = (await import(require.resolve('ical.js'))).default;
ICAL.design.strict = true;

const iso = (time) => {
  if (!time) return null;
  if (time.isDate || time.zone.tzid === 'floating') return time.toString();
  return new Date(time.toUnixTime() * 1000).toISOString().replace('.000Z', 'Z');
};

function event(component) {
  const vevent = new ICAL.Event(component);
  const get = (name) => component.getFirstPropertyValue(name);
  return {
    uid: vevent.uid,
    recurrence_id: iso(vevent.recurrenceId),
    summary: vevent.summary,
    description: vevent.description,
    location: vevent.location,
    start: iso(vevent.startDate),
    end: iso(vevent.endDate),
    all_day: vevent.startDate.isDate,
    rrule: get('rrule') ? get('rrule').toString().split(';').sort().join(';') : null,
    status: get('status'),
    sequence: Number(get('sequence') ?? 0),
    class: get('class'),
    transp: get('transp'),
    alarms: component.getAllSubcomponents('valarm')
      .map((alarm) => Math.floor(alarm.getFirstPropertyValue('trigger').toSeconds() / 60))
      .sort(),
  };
}

function occurrences(component) {
  const vevent = new ICAL.Event(component);
  if (vevent.isRecurrenceException()) return 0;
  if (!vevent.isRecurring()) return 1;
  const times = vevent.iterator();
  let count = 0;
  while (times.next()) count += 1;
  return count;
}

const readings = process.argv.slice(2).map((path) => {
  ICAL.TimezoneService.reset();
  const calendar = new ICAL.Component(ICAL.parse(fs.readFileSync(path, 'utf8')));
  for (const zone of calendar.getAllSubcomponents('vtimezone')) ICAL.TimezoneService.register(new ICAL.Timezone(zone));
  const components = calendar.getAllSubcomponents('vevent');
  return {
    events: components.map(event),
    occurrences: components.map(occurrences).reduce((sum, count) => sum + count, 0),
    complaints: [],
  };
});
console.log(JSON.stringify(readings));
