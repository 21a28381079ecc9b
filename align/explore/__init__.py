"""The page: two aligned languages on one map, in one HTML file or from a local server.

    translator --page_words--> rows --map_data, answer_data--> PageData --assemble--> page.html

The page draws its points itself, as pixels of a canvas (``page/map.js``). Why not a library: without a graphics card,
as in many lecture rooms and in every test, a browser emulates WebGL. regl-scatterplot 1.16 then drew 200,000 points at
1200 x 800 pixels in 340 ms, 3 frames a second; ``tests/benchmarks/explore.py`` prints what this page takes. deck.gl 9.4
(2.1 MB, a quarter of what a page may weigh) and embedding-atlas 0.26 (its largest part has 2.8 MB) draw with WebGL or
WebGPU as well. With any of the three, labels, lines between words, and the SVG export would be our own code too.
"""
