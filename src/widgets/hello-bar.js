// Its button closes it; what is remembered of that, the server knows.
define('pz-hello-bar', class extends HTMLElement {});
