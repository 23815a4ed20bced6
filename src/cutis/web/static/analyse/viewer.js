// A mosaic at any zoom, tiles from the server, its map of grades above as strong as is wanted.
const sea = document.querySelector("#viewer");
const said = sea.dataset;
const [width, height, side, levels] = [said.width, said.height, said.side, said.levels].map(Number);
const [rows, columns, stride, offset] = [said.rows, said.columns, said.stride, said.offset].map(Number);
const spacing = Number(said.spacing) || 0;
const slide = document.querySelector("#opacity");

// The library looks for its own style element, and would write one, which the page's policy forbids. This one is
// of no namespace, and so applies nothing.
const own = document.createElementNS(null, "style");
own.setAttribute("data-openseadragon-mobile-css", "");
document.head.append(own);

const viewer = globalThis.OpenSeadragon({
  element: sea,
  tileSources: {
    width,
    height,
    tileSize: side,
    minLevel: 0,
    maxLevel: levels - 1,
    getTileUrl: (level, x, y) => `${said.tile}?level=${levels - 1 - level}&row=${y}&column=${x}`,
  },
  showNavigationControl: false,
  showNavigator: false,
  maxZoomPixelRatio: 4,
  visibilityRatio: 0.5,
  animationTime: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 0.2,
  gestureSettingsMouse: { clickToZoom: false },
  drawer: "canvas",
});

let map = null;
viewer.addHandler("open", () => {
  viewer.addTiledImage({
    tileSource: { type: "image", url: said.grades, buildPyramid: false },
    // Each pixel of the map stands around its place's centre.
    x: (offset - stride / 2) / width,
    y: (offset - stride / 2) / width,
    width: (columns * stride) / width,
    opacity: slide.value / 100,
    success: ({ item }) => {
      map = item;
    },
  });
  bar();
});
slide.addEventListener("input", () => map?.setOpacity(slide.value / 100));
document.querySelector("#in").addEventListener("click", () => viewer.viewport.zoomBy(1.5).applyConstraints());
document.querySelector("#out").addEventListener("click", () => viewer.viewport.zoomBy(1 / 1.5).applyConstraints());
document.querySelector("#whole").addEventListener("click", () => viewer.viewport.goHome());
viewer.addHandler("animation", bar);
viewer.addHandler("resize", bar);

function round(longest) {
  const power = 10 ** Math.floor(Math.log10(longest));
  return [5, 2, 1].map((step) => step * power).find((length) => length <= longest);
}

// A bar of known length: in micrometres where the spacing is known, in pixels elsewhere.
function bar() {
  const scalebar = document.querySelector(".scalebar");
  const image = viewer.world.getItemAt(0);
  if (!image) return;
  const zoom = image.viewportToImageZoom(viewer.viewport.getZoom(true)); // screen per image pixel
  const unit = spacing || 1;
  const length = round((160 / zoom) * unit);
  scalebar.hidden = false;
  scalebar.querySelector("i").style.width = `${(length / unit) * zoom}px`;
  const words = length >= 1000 ? `${length / 1000} mm` : `${length} µm`;
  scalebar.querySelector("span").textContent = spacing ? words : `${length} ${said.pixels}`;
}
