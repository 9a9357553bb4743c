// Opens once in a page, when the visitor is about to leave: the pointer leaves at the top edge, or a
// finger scrolls up fast. The server decides in which pages. Esc and focus are the browser's part.
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
        // The card fills the dialog: a click on the dialog itself is on the backdrop.
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

  // Opens after 400 px upwards within 300 ms by a visitor who was further down than one screen.
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
