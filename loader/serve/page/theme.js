// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dark or light: as the system has it, or as the button says. This is no module and stands in the head, so that the page is
 * never drawn in the wrong colours first.
 */
(() => {
	const KEY = "xdp-edge-theme";
	const names = {auto: "as the system", light: "light", dark: "dark"};
	const order = Object.keys(names);

	function stored() {
		try {
			const name = localStorage.getItem(KEY);
			return order.includes(name) ? name : "auto";
		} catch {
			return "auto"; // the browser keeps nothing for us
		}
	}

	function store(name) {
		try {
			localStorage.setItem(KEY, name);
		} catch {
			// it holds until the page is left
		}
	}

	let theme = stored();
	const apply = () => document.documentElement.setAttribute("data-theme", theme);

	apply();
	addEventListener("DOMContentLoaded", () => {
		const button = document.getElementById("theme");
		const show = () => {
			button.textContent = `Colours: ${names[theme]}`;
		};
		button.addEventListener("click", () => {
			theme = order[(order.indexOf(theme) + 1) % order.length];
			store(theme);
			apply();
			show();
		});
		show();
	});
})();
