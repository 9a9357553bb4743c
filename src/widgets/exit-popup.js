// Opens once in a page, when the visitor is about to leave: the mouse goes out at the top edge, or a
// finger scrolls back up fast. In how many pages, the server decides. The dialog itself is the browser's: Esc, focus and its return.
define('pz-exit-popup', class extends HTMLElement {
  connectedCallback() {
    this.leaving = new AbortController();
    const { signal } = this.leaving;

    const open = () => {
      const dialog = this.querySelector('dialog');
      // Never over another dialog.
      if (!dialog || document.querySelector('dialog[open]')) {
        return;
      }
      this.leaving.abort();
      dialog.addEventListener('click', (event) => {
        // The card fills the dialog: what hits the dialog itself hit the backdrop.
        if (event.target === dialog) {
          dialog.close();
        }
      });
      dialog.addEventListener('close', () => dismiss(this));
      dialog.showModal();
    };

    document.addEventListener('mouseout', (event) => {
      if (!event.relatedTarget && event.clientY <= 0) {
        open();
      }
    }, { signal });

    if (matchMedia('(pointer: coarse)').matches) {
      this.watchScroll(open, signal);
    }
  }

  disconnectedCallback() {
    this.leaving?.abort();
  }

  // 400 px up within 300 ms, by whoever had been further down than a screen.
  watchScroll(open, signal) {
    let lowest = 0;
    let since = 0;
    let from = 0;
    document.addEventListener('scroll', (event) => {
      const now = event.timeStamp;
      const y = scrollY;
      if (y > from || now - since > 300) {
        since = now;
        from = y;
      } else if (from - y > 400 && lowest > innerHeight) {
        open();
      }
      lowest = Math.max(lowest, y);
    }, { signal, passive: true });
  }
});
