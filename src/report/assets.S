// Bytes of files as symbols of the program; the include path (CMakeLists.txt) says where the files lie.
        .section .rodata

        .global jt_report_plotly_begin, jt_report_plotly_end
jt_report_plotly_begin:
        .incbin "plotly-cartesian.min.js"
jt_report_plotly_end:

        .global jt_report_js_begin, jt_report_js_end
jt_report_js_begin:
        .incbin "report.js"
jt_report_js_end:

        .global jt_report_css_begin, jt_report_css_end
jt_report_css_begin:
        .incbin "report.css"
jt_report_css_end:

        .section .note.GNU-stack, "", %progbits
