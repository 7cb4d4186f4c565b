module github.com/saprolite/saprolite/tools

go 1.26
