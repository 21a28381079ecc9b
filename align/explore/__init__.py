"""The page: two aligned languages on one map, in one HTML file or from a local server.

    translator --page_words--> rows --map_data, answer_data--> PageData --assemble--> page.html

The page draws its points itself, as pixels of a canvas (``page/map.js``). The libraries for this draw with WebGL or
WebGPU. A browser has to emulate these if there is no graphics card, as in many lecture rooms and in every test:
regl-scatterplot 1.16 then drew 200,000 points at 1200 x 800 pixels in 340 ms, 3 frames a second.
``tests/benchmarks/explore.py`` prints the time of this page. deck.gl 9.4 has 2.1 MB, a quarter of the size allowed for
a page, and the largest part of embedding-atlas 0.26 has 2.8 MB. With any of the three, the labels, the lines between
words, and the SVG export would still be code of this project.
"""
