/* Before the first paint: the theme that the reader chose, where it is not the system's. */
// @ts-check

const theme = localStorage.getItem('foundry-theme');
if (theme) document.documentElement.dataset.theme = theme;
