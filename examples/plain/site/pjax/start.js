// What a theme with pjax does; nothing here knows of Matcha.
new Pjax({ elements: "a.pjax", selectors: ["title", "#page"], cacheBust: false });
