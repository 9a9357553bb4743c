// @ts-check
// Rows that scroll: buttons for a screenful back and on, where there is more than fits.
define('pz-rows', (element) => {
  const row = findInside(element, '.pz-recs-list');
  const buttons = findAll('.pz-row-prev, .pz-row-next', element);
  const update = () => {
    const room = row.scrollWidth - row.clientWidth;
    // Towards the left where text runs to the left.
    const at = Math.abs(row.scrollLeft);
    buttons.forEach((button, i) => {
      turn(button, room > 1);
      setAttribute(button, 'aria-disabled', `${i ? at >= room - 1 : at <= 1}`);
    });
  };
  buttons.forEach((button, i) => listen(button, 'click', () => {
    const isForward = (getComputedStyle(row).direction === 'rtl') !== (i > 0);
    row.scrollBy({ left: (isForward ? 0.9 : -0.9) * row.clientWidth });
  }));
  listen(row, 'scroll', update);
  new ResizeObserver(update).observe(row);
});
