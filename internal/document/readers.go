package document

import "github.com/saprolite/saprolite/internal/bedrock"

// Readers gives the reader of every format. A new one is added here.
func Readers() map[bedrock.DocumentFormat]Reader {
	return map[bedrock.DocumentFormat]Reader{
		bedrock.DocumentFormatPdf:  pdfReader{},
		bedrock.DocumentFormatCsv:  plainReader{},
		bedrock.DocumentFormatDoc:  docReader{},
		bedrock.DocumentFormatDocx: docxReader{},
		bedrock.DocumentFormatXls:  xlsReader{},
		bedrock.DocumentFormatXlsx: xlsxReader{},
		bedrock.DocumentFormatHtml: htmlReader{},
		bedrock.DocumentFormatTxt:  plainReader{},
		bedrock.DocumentFormatMd:   plainReader{},
	}
}
