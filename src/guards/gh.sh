# Stands before gh. It stops what changes main of the guarded repository through the forge; all else goes straight on. A
# merge whose base cannot be looked up is stopped, too. Only a token that may not do it is a wall.
find_real

# Sets $repository to what the line names: -R, a pull request's URL, GH_REPO; empty: the folder's own.
# Sets $first and $second to its command, $third to what that is about.
read_line() {
  repository=${GH_REPO:-} first= second= third= skip= base= admin=
  method= endpoint= sends= host=${GH_HOST:-github.com} text= queue=
  for each; do
    case $skip in
      '') ;;
      repository) repository=$each ;;
      method) method=$each ;;
      hostname) host=$each ;;
      field) read_field "$each" ;;
    esac
    [ -z "$skip" ] || { skip= && continue; }
    case $each in
      -R | --repo) skip=repository ;;
      --repo=*) repository=${each#*=} ;;
      -R?*) repository=${each#-R} ;;
      -X | --method) skip=method ;;
      --method=*) method=${each#*=} ;;
      -X?*) method=${each#-X} ;;
      --hostname) skip=hostname ;;
      --hostname=*) host=${each#*=} ;;
      -f | -F | --field | --raw-field) skip=field sends=1 ;;
      --field=* | --raw-field=*) sends=1 && read_field "${each#*=}" ;;
      -[fF]?*) [ "$first" = api ] && sends=1 && read_field "${each#-?}" ;;
      --input) skip=input sends=1 && text="$text ?" ;;
      --input=*) sends=1 && text="$text ?" ;;
      -b | --body | --body-file | -t | --subject | --match-head-commit | -A | --author-email) skip=value ;;
      -H | --header | -q | --jq | --template | -p | --preview | --cache) skip=value ;;
      -s | --source) [ "$first $second" = 'repo sync' ] && skip=value ;;
      --branch) skip=field ;;
      --branch=*) text="$text ${each#*=}" ;;
      --admin | --auto) admin=1 ;;
      --default-branch) skip=field text="$text $each" ;;
      --default-branch=*) text="$text $each" ;;
      -*) ;;
      *)
        if [ -z "$first" ]; then
          first=$each
        elif [ "$first" = api ] && [ -z "$endpoint" ]; then
          endpoint=$each
        elif [ -z "$second" ]; then
          second=$each
        elif [ -z "$third" ]; then
          third=$each
        fi
        ;;
    esac
  done
  case $third in
    http*://*/*/*/pull/*) repository=${third#*://} && repository=${repository%%/pull/*} ;;
  esac
}

read_field() {
  text="$text $1"
}

# Whether what the line is about is the guarded repository. Asked of the folder's remotes where nothing is named.
is_guarded_repository() (
  LC_ALL=C
  case $repository in
    '') ;;
    *://* | *@*:*) is_guarded_url "$repository" && exit 0 || exit 1 ;;
    */*/*) is_guarded_url "https://$repository" && exit 0 || exit 1 ;;
    *) is_guarded_url "https://$host/$repository" && exit 0 || exit 1 ;;
  esac
  urls=$(git config --get-regexp '^remote\..*\.(url|pushurl)$' 2>/dev/null) || exit 1
  while IFS= read -r each; do
    is_guarded_url "${each#* }" && exit 0
  done <<URLS
$urls
URLS
  exit 1
)

# Whether a call of the API changes main. Sets $repository where the endpoint names one.
changes_main_by_api() {
  case $method in
    '') [ -n "$sends" ] || return 1 ;;
    [gG][eE][tT] | [hH][eE][aA][dD]) return 1 ;;
  esac
  endpoint=${endpoint#http*://*/} endpoint=${endpoint#/} endpoint=${endpoint#api/v3/} endpoint=${endpoint%%'?'*}
  case $endpoint in
    graphql | api/graphql)
      case $text in
        *mergePullRequest* | *enablePullRequestAutoMerge* | *enqueuePullRequest* | *mergeBranch*) ;;
        *createCommitOnBranch* | *updateRef* | *deleteRef* | *createRef* | *RepositoryRuleset* | *BranchProtection*) ;;
        *' ?'*) ;;
        *) return 1 ;;
      esac
      # An id says nothing of the repository.
      return 0
      ;;
    repos/*/*/*) ;;
    *) return 1 ;;
  esac
  after=${endpoint#repos/}
  owner=${after%%/*} after=${after#*/}
  name=${after%%/*} after=${after#*/}
  case $owner/$name in
    *'{owner}'* | :owner/*) ;;
    *) repository=$owner/$name ;;
  esac
  case $after in
    pulls/*/merge | merge-upstream) ;;
    merges) says_main base ;;
    git/refs/heads/$main_any | branches/$main_any/*) ;;
    git/refs) says_main ref ;;
    branches/*/rename) says_main new_name ;;
    contents/*)
      case " $text " in
        *' ?'* | *" branch=$main "* | *" branch=refs/heads/$main "*) ;;
        *' branch='*) return 1 ;;
      esac
      ;;
    rulesets | rulesets/* | keys) ;;
    *) return 1 ;;
  esac
}

# Whether the field of this name says main, or what is sent cannot be seen.
says_main() {
  case " $text " in
    *' ? '* | *" $1="$main_any' '* | *" $1=refs/heads/"$main_any' '*) ;;
    *) return 1 ;;
  esac
}

# Whether the line changes main. Sets $rule and $wrong.
changes_main() {
  rule=gh_api wrong="$main is moved by the integrator alone"
  case $first/$second in
    pr/merge)
      rule=gh_pr_merge
      is_guarded_repository || return 1
      [ -n "$admin" ] && wrong="no merge goes past the line" && return 0
      set -- "$real" pr view
      [ -z "$third" ] || set -- "$@" "$third"
      [ -z "$repository" ] || set -- "$@" --repo "$repository"
      base=$("$@" --json baseRefName --jq .baseRefName 2>/dev/null)
      case $base in
        '') wrong="the base of this pull request cannot be looked up, and it may be $main" ;;
        $main_any) ;;
        *) return 1 ;;
      esac
      ;;
    repo/sync)
      rule=gh_repo
      [ -z "$third" ] || repository=$third
      case $text in '' | *" $main"*) ;; *) return 1 ;; esac
      is_guarded_repository
      ;;
    repo/edit)
      rule=gh_repo wrong="which branch is the default is not a worker's to say"
      [ -z "$third" ] || repository=$third
      case $text in *--default-branch*) is_guarded_repository ;; *) return 1 ;; esac
      ;;
    api/*)
      changes_main_by_api || return 1
      is_guarded_repository
      ;;
    *) return 1 ;;
  esac
}

read_line "$@"
changes_main "$@" || exec "$real" "$@"
wrong="$wrong (gh wrapper)"
if ! refuses; then
  say_warning "$wrong"
elif ! glass_is_broken; then
  say_no "$wrong" "$rule" "refs/heads/$main" "gh $*"
  exit 4
fi
exec "$real" "$@"
