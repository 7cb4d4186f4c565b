import pytest

from conversation import HAIKU, SONNET


def test_list_foundation_models(control):
    models = control.list_foundation_models(byProvider="anthropic")["modelSummaries"]
    assert HAIKU in [model["modelId"] for model in models]
    assert {model["providerName"] for model in models} == {"Anthropic"}


@pytest.mark.parametrize("identifier", [HAIKU, "arn:aws:bedrock:us-east-1::foundation-model/" + HAIKU])
def test_get_foundation_model(control, identifier):
    details = control.get_foundation_model(modelIdentifier=identifier)["modelDetails"]
    assert details["modelId"] == HAIKU
    assert details["modelArn"] == "arn:aws:bedrock:us-east-1::foundation-model/" + HAIKU
    assert details["responseStreamingSupported"] is True
    assert details["outputModalities"] == ["TEXT"]


def test_inference_profiles(control):
    pages = list(control.get_paginator("list_inference_profiles").paginate(PaginationConfig={"PageSize": 50}))
    assert len(pages) > 1
    listed = {profile["inferenceProfileId"]: profile for page in pages for profile in page["inferenceProfileSummaries"]}
    profile = control.get_inference_profile(inferenceProfileIdentifier=SONNET)
    del profile["ResponseMetadata"]
    assert profile == listed[SONNET]
    assert profile["type"] == "SYSTEM_DEFINED"


def test_unknown_names(control):
    with pytest.raises(control.exceptions.ResourceNotFoundException):
        control.get_foundation_model(modelIdentifier="acme.no-such-model-v1:0")
    with pytest.raises(control.exceptions.ResourceNotFoundException):
        control.get_inference_profile(inferenceProfileIdentifier="us.acme.no-such-model-v1:0")
