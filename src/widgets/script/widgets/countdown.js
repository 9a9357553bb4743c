// @ts-check
// <pz-countdown data-pz-deadline="AT EVERY EVERGREEN" data-pz-now="MS">: what is left until
//   AT                that time, and each time EVERY later, if that is not 0
//   EVERGREEN         if that is not 0: so long after the visitor has seen it for the first time. AT is known
//                     to the minute then, and 0 before; this browser keeps the moment
// All are in milliseconds, AT since 1970; data-pz-now is the server's clock when it wrote this. It is
// no live region: screen readers read it when they come to it.

// What the browser's clock lacks. A page that a cache had looks like a clock that is fast: if both do not
// agree, the server is asked what time it is.
/** @type {Promise<number> | undefined} */
let lag;
define('pz-countdown', async (element) => {
  const [at, every, evergreen] = told(element, 'deadline').split(' ').map(Number);
  const difference = told(element, 'now') - Date.now();
  const late = Math.abs(difference) < 30000 ? 0 : await (lag ??= ask('may', { method: 'HEAD' })
    .then(({ headers }) => Date.parse(/** @type {any} */ (headers.get('date'))) - Date.now() || 0, () => difference));
  const clock = () => Date.now() + late;
  const root = campaignOf(element);
  const key = `pz:end:${nameOf(root)}`;
  let end = at || clock() + evergreen;
  const tick = () => {
    const now = clock();
    try {
      if (evergreen) {
        const kept = Number(localStorage[key]);
        // Unless it is of another time that the campaign ran.
        end = Math.abs(kept - end) < 600000 ? kept : end;
        if (historyOf(nameOf(root))?.[11]) {
          localStorage[key] = `${end}`;
        }
      }
    } catch {
      // Nothing is kept here.
    }
    if (every && now >= end) {
      end += Math.ceil((now - end + 1) / every) * every;
    }
    const left = Math.max(0, end - now);
    let seconds = Math.ceil(left / 1000);
    // The number of seconds that each part counts, days first.
    findAll('[data-pz-unit]', element).forEach((part, i) => {
      const size = told(part, 'unit');
      const count = Math.floor(seconds / size);
      seconds %= size;
      setText(findInside(part, '.pz-countdown-number'), `${count}`.padStart(i ? 2 : 1, '0'));
      turn(part, i > 0 || count > 0);
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
