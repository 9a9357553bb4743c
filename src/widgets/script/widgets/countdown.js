// @ts-check
// <pz-countdown data-pz-deadline="SPEC" data-pz-now="MS">: what is left until
//   at=MS                           that time
//   at=MS every=MS                  that time, and each time so much later
//   evergreen=MS [since=MINUTE]     so long after the visitor has seen it for the first time
// Times are in milliseconds since 1970; data-pz-now is the server's when it wrote this. It is no live
// region: screen readers read it when they come to it.

// What the browser's clock lacks. A page that a cache had looks like a clock that is fast: if both do not
// agree, the server is asked what time it is.
/** @type {Promise<number> | undefined} */
let lag;
define('pz-countdown', async (element) => {
  const deadline = new URLSearchParams(told(element, 'deadline').replaceAll(' ', '&'));
  const [at, every, evergreen, since] = ['at', 'every', 'evergreen', 'since'].map((name) => Number(deadline.get(name)));
  const difference = told(element, 'now') - Date.now();
  const late = Math.abs(difference) < 30000 ? 0 : await (lag ??= ask('may', { method: 'HEAD' })
    .then(({ headers }) => Date.parse(headers.get('date') ?? '') - Date.now() || 0, () => difference));
  const clock = () => Date.now() + late;
  const root = campaignOf(element);
  const first = since || historyOf(nameOf(root))?.[11];
  let end = evergreen ? (first ? first * 60000 : clock()) + evergreen : at;
  const tick = () => {
    const now = clock();
    if (every && now >= end) {
      end += Math.ceil((now - end + 1) / every) * every;
    }
    const left = Math.max(0, end - now);
    let seconds = Math.ceil(left / 1000);
    Object.entries({ d: 86400, h: 3600, m: 60, s: 1 }).forEach(([unit, size]) => {
      const part = findInside(element, `[data-pz-unit=${unit}]`);
      if (part) {
        const count = Math.floor(seconds / size);
        seconds %= size;
        setText(findInside(part, '.pz-countdown-number'), `${count}`.padStart(unit === 'd' ? 1 : 2, '0'));
        turn(part, unit !== 'd' || count > 0);
      }
    });
    if (left) {
      // Where the page was put away, a timer goes on when it comes back.
      isConnected(element) && setTimeout(tick, left % 1000 || 1000);
    } else if (told(root, 'at-zero') === 'hide') {
      of(root).taken_ = true;
      closeCampaign(root);
    } else {
      turn(element.parentNode, false);
      turn(findInside(root, '.pz-done'), true);
    }
  };
  end > 0 && tick();
});
