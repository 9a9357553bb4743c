// Whoever closes the bar does not see that campaign's again for a week.
define('pz-hello-bar', class extends HTMLElement {
  connectedCallback() {
    const key = `pz:closed:${this.dataset.pzCampaign}`;
    const week = 7 * 24 * 60 * 60 * 1000;
    this.hidden = Date.now() - Number(recall('localStorage', key)) < week;
    this.onclick = (event) => {
      if (event.target.closest('.pz-close')) {
        remember('localStorage', key, Date.now());
        this.hidden = true;
      }
    };
  }
});
