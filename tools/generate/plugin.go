package main

import (
	"context"

	"github.com/sqlc-dev/plugin-sdk-go/codegen"
	"github.com/sqlc-dev/plugin-sdk-go/plugin"

	"posad.city/tools/storegen"
)

func answerSqlc() {
	codegen.Run(func(_ context.Context, request *plugin.GenerateRequest) (*plugin.GenerateResponse, error) {
		return storegen.Generate(request)
	})
}
